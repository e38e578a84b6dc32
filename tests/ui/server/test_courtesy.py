"""Long work waits for short work, and not for ever."""

import threading
import time

from explorer.ui.server.courtesy import Courtesy


def seconds(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def test_long_work_waits_while_short_work_goes_on():
    courtesy, order = Courtesy(), []
    let_pass, begun = courtesy.waiting(longest=30), threading.Event()

    def long_work():
        begun.wait()
        let_pass()
        order.append("long")

    thread = threading.Thread(target=long_work)
    thread.start()
    with courtesy.first(), courtesy.first():
        begun.set()
        time.sleep(0.2)
        order.append("short")
    thread.join(10)
    assert order == ["short", "long"]


def test_nobody_waits_where_nothing_goes_on_nor_after_an_error():
    courtesy = Courtesy()
    try:
        with courtesy.first():
            raise ValueError
    except ValueError:
        pass
    assert seconds(courtesy.waiting(longest=30)) < 1


def test_waiting_ends_at_its_limit_in_all():
    courtesy = Courtesy()
    let_pass = courtesy.waiting(longest=0.3)
    with courtesy.first():
        assert 0.25 < seconds(let_pass) < 5
        assert seconds(let_pass) < 0.25, "the limit is for all calls together"
