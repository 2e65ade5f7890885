"""The kiosk at the entrance: people check themselves in or take a ticket."""
