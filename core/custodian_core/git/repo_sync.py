"""The push seal's four primitives, for whoever needs no more of a sync than these.

They never raise: what cannot be told counts 0, what cannot be done is (False, why). The engine
itself uses the facts beneath (`state`, `remote`), which tell unknown from none.
"""

from pathlib import Path

from custodian_core.errors import CustodianError

from .aside import adopt
from .lock import RepoLock
from .remote import Fetched, Reached, fetch, has_push_hook, push
from .state import Checkout, NotHere, probe

#: how long a transfer may take, a mere look at the remote, and another run that writes here
TRANSFER_S, LOOK_S, LOCK_S = 30, 15, 5


def pull_ff(repo_path: str) -> tuple[bool, str]:
    """The checkout is at its remote's commit, by fast-forward; or why not, with nothing changed."""
    try:
        return _pulled(repo_path)
    except (CustodianError, OSError, ValueError) as error:
        return False, str(error)


def push_ff(repo_path: str) -> tuple[bool, str]:
    """The remote has what is committed here, by fast-forward; or why not.

    A branch that was deleted over there is not made again.
    """
    try:
        return _pushed(repo_path)
    except (CustodianError, OSError, ValueError) as error:
        return False, str(error)


def count_remote_ahead(repo_path: str) -> int:
    """How many commits the followed branch has that are not here, as its remote says just now."""
    try:
        fetched = _fetched(repo_path, LOOK_S)
    except (CustodianError, OSError, ValueError):
        return 0
    return 0 if isinstance(fetched, NotHere) else fetched.checkout.behind or 0


def count_local_ahead(repo_path: str) -> int:
    """How many commits are here that the followed branch lacked when it was fetched last."""
    try:
        checkout = _looked(repo_path)
    except (CustodianError, OSError, ValueError):
        return 0
    return 0 if isinstance(checkout, NotHere) else checkout.ahead or 0


def _looked(repo_path: str) -> Checkout | NotHere:
    # An empty path is nobody's: it must not come to mean the folder this happens to run in.
    return probe(Path(repo_path)) if repo_path else NotHere("not-found", "no path is given")


def _fetched(repo_path: str, limit_s: float) -> Fetched | NotHere:
    checkout = _looked(repo_path)
    if isinstance(checkout, NotHere):
        return checkout
    fetched = fetch(checkout, limit_s)
    if fetched.reached is Reached.FRESH:
        return fetched
    return NotHere(fetched.reached.value, fetched.why)


def _pulled(repo_path: str) -> tuple[bool, str]:
    fetched = _fetched(repo_path, TRANSFER_S)
    if isinstance(fetched, NotHere):
        return False, fetched.why
    checkout = fetched.checkout
    if not checkout.behind:
        return True, "already up to date"
    if checkout.ahead:
        return False, _diverged(checkout)
    lock = RepoLock(checkout.folders)
    if not lock.take(LOCK_S):
        return False, "another run writes in this repo"
    with lock as held:
        tip = checkout.git.word("rev-parse", "--verify", checkout.tracking)
        trouble = adopt(held, checkout, tip)
    return (True, f"pulled {checkout.behind} commits") if trouble is None else (False, trouble)


def _pushed(repo_path: str) -> tuple[bool, str]:
    fetched = _fetched(repo_path, TRANSFER_S)
    if isinstance(fetched, NotHere):
        return False, fetched.why
    checkout = fetched.checkout
    if checkout.behind and checkout.ahead:
        return False, _diverged(checkout)
    if not checkout.ahead:
        return True, "everything is there already"
    if has_push_hook(checkout):
        return False, "a pre-push hook guards the repo; push by hand"
    pushed = push(checkout, checkout.head, limit_s=TRANSFER_S)
    return (True, f"pushed {checkout.ahead} commits") if pushed.ok else (False, pushed.why)


def _diverged(checkout: Checkout) -> str:
    return f"local and remote have diverged: {checkout.ahead} here, {checkout.behind} there"
