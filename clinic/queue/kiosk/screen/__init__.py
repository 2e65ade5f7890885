"""What people at a kiosk see and do."""
