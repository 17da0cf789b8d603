"""Reading files of prompts and responses into a project, as a stream.

files    bytes of a stored file: compression, encoding, what kind of file it is
readers  a file or a hub dataset -> numbered rows, as they are
parquet  the same of Parquet, whose sizes are found out by reading
presets  a row -> a conversation and its responses, or the reason why not
loader   batches of conversations -> messages, set by set
tally    counts and a sample of what was rejected
"""
