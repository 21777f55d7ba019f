"""What it takes to run Strongroom elsewhere, and the demo that shows it running here."""
