"""Asking through a server's Batch API: requests as one file, answers within a day, cheaper.

files       the lines of both files
server      the calls: upload, create, look, cancel, download
submitting  generations due become a batch on the server
collecting  its answers become responses
polling     which batch is looked at next, by beat or in a command

A batch's generations are leased by its `uid` and stay so, whatever happens to workers, until it is
collected or has ended: what was handed over is paid for. The row `Batch` is itself leased while a
worker advances it.
"""
