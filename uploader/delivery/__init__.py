"""From the clean file to the confirmed job: each part is posted once, and its job followed to the end."""
