"""Pages asked by nobody in particular: whether they take a post, or show who somebody is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.pages import named
from troth.model import Failure, Reason


@measure("posts-refused", per="population", args=("topics",), yields=("refused",), on_empty=True)
def posts_refused(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``refused`` for each address that is named for one of ``topics``, under its id.

    A post without credentials is refused with 401, 403 or a redirect to the sign-in page, and
    taken with a 2xx status. Any other answer says nothing, for it may be meant for the empty
    form: ``refused`` is missing then, as it is where the target allows no post.
    """
    pages: dict[int, Item] = {}
    failure = inputs.population.failure
    for topic in inputs.args["topics"]:
        found, unread = named(inputs.population, topic)
        pages |= {id(page): page for page in found}
        failure = failure or unread
    for page in pages.values():
        yield told({"refused": _asked(page, _refused)}, page.id)
    if not pages:
        none = nothing("no web address is named for posting")
        yield told({"refused": failure or none})


@measure("identity-hidden", per="population", args=("topic",), yields=("hidden",), on_empty=True)
def identity_hidden(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``hidden`` for each address that is named for ``topic``, under its id.

    The texts that the target names for such a page are what identifies a person who did not
    permit it: none of them may be there. A page that answers 401, 403, 404 or 410 shows nothing.
    Missing where no text is named, where the answer says nothing, and where an address that
    cannot exist meets the same: a script may write the page then.
    """
    pages, failure = named(inputs.population, inputs.args["topic"])
    for page in pages:
        yield told({"hidden": _asked(page, _hidden)}, page.id)
    if not pages:
        none = nothing(f"no web address is named for {inputs.args['topic']}")
        yield told({"hidden": failure or none})


def _asked(page: Item, question: Callable[[Item], bool]) -> bool | Failure:
    try:
        return question(page)
    except MissingFact as signal:
        return signal.failure


def _refused(page: Item) -> bool:
    status = page.get("answer.post")
    if status is None:
        text = f"no form was posted to {page.id}; let the target allow it (allow: [data-read])"
        raise MissingFact(Failure(Reason.NOT_ALLOWED, text))
    away = 300 <= status < 400 and page.get("answer.leads_to") == "sign-in"
    if status in (401, 403) or away:
        return True
    if 200 <= status < 300:
        return False
    raise unproven(f"{page.id} answers {status} to a post, which does not say who may post")


def _hidden(page: Item) -> bool:
    status = page.get("page.status")
    if status in (401, 403, 404, 410):
        return True
    if status != 200 or page.get("page.site") == "other":
        raise unproven(f"{page.id} answers {status}, which says nothing of what is on it")
    texts = page.items("page.texts")
    if any(each["found"] for each in texts):
        return False
    if not texts:
        raise unproven(f"{page.id} names no text that identifies somebody; name some under texts")
    if page.get("page.catch_all"):
        raise unproven(f"{page.id} meets what an address that cannot exist meets")
    return True
