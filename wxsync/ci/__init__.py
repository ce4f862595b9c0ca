"""What any CI needs: all accounts planned at once, the locks that wait, the way back for locks, and comments."""
