"""Alerts on a chart: what everyone who opens it must see."""
