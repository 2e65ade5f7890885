"""A visit is checked out by the service only when everything in it is done, whatever the screen offered."""

import pytest
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.errors import Conflict
from clinic.visits.models import FollowUp, Settlement, State, Visit
from clinic.visits.service import Closing, check_out
from tests.factories import NOW, TESTER, Factory

ANSWERS = Closing(settlement=Settlement.PAID, follow_up=FollowUp.NONE)


def a_visit(make: Factory) -> Visit:
    visit = make.ticket(make.service(make.department()), make.patient()).visit
    assert visit is not None
    return visit


@pytest.mark.guards("only a visit whose services are all done is checked out")
@pytest.mark.parametrize("state", [state for state in State if state is not State.READY])
def test_a_visit_that_is_not_ready_is_not_checked_out(session: Session, make: Factory, state: State) -> None:
    visit = a_visit(make)
    with transaction(session):
        visit.state = state
    with pytest.raises(Conflict), transaction(session):
        check_out(session, visit_id=visit.id, closing=ANSWERS, actor=TESTER, now=NOW)
    session.refresh(visit)
    assert (visit.state, visit.checked_out_at) == (state, None)


def test_one_that_is_ready_is(session: Session, make: Factory) -> None:
    visit = a_visit(make)
    with transaction(session):
        visit.state = State.READY
    with transaction(session):
        check_out(session, visit_id=visit.id, closing=ANSWERS, actor=TESTER, now=NOW)
    assert visit.state is State.FINISHED
