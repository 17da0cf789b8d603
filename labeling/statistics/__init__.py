"""What can be said of judgments in numbers. Arrays in, arrays out: nothing here knows a database.

Models, labelers and items are numbered from 0; an outcome is 1 where the first of a pair won, 0
where the second did, and ½ for a tie.
"""
