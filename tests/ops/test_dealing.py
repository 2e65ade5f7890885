"""Who holds more connections than another web process lets it go first."""

from concurrent.futures import Future

from gunicorn.config import Config

from clinic.ops.dealing import Counts, DealingWorker


def test_only_who_holds_more_than_another_waits() -> None:
    counts = Counts(2)
    first, second = counts.join(), counts.join()
    assert not counts.has_more(first)
    counts.note(first, 1)
    assert (counts.has_more(first), counts.has_more(second)) == (True, False)
    counts.note(second, 1)
    assert (counts.has_more(first), counts.has_more(second)) == (False, False)


def test_nobody_waits_for_a_process_that_has_ended_and_its_place_is_given_again() -> None:
    counts = Counts(2)
    first, second = counts.join(), counts.join()
    counts.note(first, 5)
    counts.leave(second)
    assert not counts.has_more(first)
    assert counts.join() == second
    assert counts.has_more(first)


def test_a_connection_that_was_counted_down_twice_does_no_harm() -> None:
    counts = Counts(2)
    first, second = counts.join(), counts.join()
    counts.note(first, -1)
    counts.note(second, 1)
    assert (counts.has_more(first), counts.has_more(second)) == (False, True)


class _Broken:
    """A connection whose socket gunicorn closed when the answer broke off."""

    def close(self, graceful: bool = False) -> None:
        if graceful:
            raise OSError(9, "Bad file descriptor")


def test_an_answer_that_breaks_off_counts_once() -> None:
    worker = DealingWorker(1, 1, [], None, 30, Config(), None)
    worker.nr_conns = 2
    over: Future[bool] = Future()
    over.set_result(False)
    worker.finish_request(_Broken(), over)
    worker.tmp.close()
    assert worker.nr_conns == 1
