"""The compiler: the scalar graph of one example becomes a program on whole arrays.

trace -> fuse -> emit -> program, each a stage to call and print.
"""
