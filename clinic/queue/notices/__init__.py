"""What waiting rooms are told beside the calls: announcements and opening hours."""
