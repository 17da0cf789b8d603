"""Models as judges: what they are asked, how their replies are read, and what two orders say."""
