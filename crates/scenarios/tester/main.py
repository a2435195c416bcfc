# Starts the tester: `python3 -I -S main.py CHANNEL`, where CHANNEL is the descriptor of a socket to the engine, or
# `stdio` where it is standard input and output (in a container). One process runs either all functional tests or one exploit; see protocol.py for what is said on the channel.
import os
import sys


def main():
    sys.dont_write_bytecode = True
    sys.path.insert(0, sys.argv[0].rpartition("/")[0])
    from protocol import Channel
    from runner import run

    if sys.argv[1] == "stdio":
        # What a test prints goes elsewhere: standard output is the channel.
        output = os.dup(1)
        os.dup2(2, 1)
        channel = Channel(0, output)
    else:
        channel = Channel(int(sys.argv[1]))
    hello = channel.receive()
    try:
        run(channel, hello)
    except Exception as error:
        channel.tell(event="broken", message="%s: %s" % (type(error).__name__, error))
    channel.tell(event="end")


main()
