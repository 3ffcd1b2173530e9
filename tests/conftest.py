"""What all tests start from."""

import signal

# A shell without job control starts what runs in the background with SIGINT ignored, and programs inherit that, so that
# tests which interrupt one would wait for nothing. A handler of this process is the default again in what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
