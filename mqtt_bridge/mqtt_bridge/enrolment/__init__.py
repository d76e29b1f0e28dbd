"""Device enrolment: a service of its own, the only holder of the CA's key.

It alone may speak to the brokers' ``$CONTROL`` topics; the bridge may not.
"""
