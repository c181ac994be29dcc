"""Where trials run: `driver.py` shares them out, a crew of workers trains them."""
