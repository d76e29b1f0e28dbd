"""What can go wrong while enrolling."""


class EnrolmentError(Exception):
    """The parent of all of them."""


class RequestError(EnrolmentError):
    """A certificate request that must not be signed; asking again changes nothing."""


class AuthorityError(EnrolmentError):
    """The CA's files are not usable; a person has to look."""


class BrokerError(EnrolmentError):
    """A broker did not do what it was asked for; the next round asks again."""
