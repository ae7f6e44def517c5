"""The attacks, a file for each kind: hostile answers to exercises of notebook 01, mostly to the mean of two tensors."""

FETCHES = '''
def remote_mean(x, y):
    return ((x.copy().get() + y.copy().get()) / 2).send(x.location)
'''  # right numbers, and both inputs have been seen: worth nothing

WRONG = '''
def remote_mean(x, y):
    return x + y
'''

RIGHT = '''
def remote_mean(x, y):
    return (x + y) / 2
'''

SEAT = '''
import gc
seat = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Answering")
desk, line = seat.desk, seat.desk.line
'''  # what stands between an answer and the judge, found as anybody finds it
