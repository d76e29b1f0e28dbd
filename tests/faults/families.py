"""Every kind of fault, by importing the modules in which they register themselves."""

from tests.faults import (
    brokers,
    clocks,
    disks,
    links,
    messages,
    offices,
    processes,
    servers,
)
from tests.faults.schedule import KINDS as KINDS

FAMILIES = (processes, servers, disks, links, brokers, offices, messages, clocks)
