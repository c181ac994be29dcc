"""Where trials run: `driver.py` shares them out, a pool of workers trains them."""
