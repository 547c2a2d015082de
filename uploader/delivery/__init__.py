"""From the clean file to the confirmed job: each part posted once, its job followed to the end."""
