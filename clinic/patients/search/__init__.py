"""Finding a patient by whatever the person at the desk knows: words of the name, birth date, numbers."""
