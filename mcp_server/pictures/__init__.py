"""Charts as PNG images. A child process draws them, so the server never imports the plotting library."""
