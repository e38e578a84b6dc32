"""Long work waits for short work, and not for ever."""

import threading
import time

from explorer.ui.server.courtesy import Courtesy


def seconds(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def test_long_work_waits_while_short_work_goes_on():
    courtesy, order, begun = Courtesy(), [], threading.Event()

    def long_work():
        with courtesy.long(longest=30) as let_pass:
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
    with courtesy.long(longest=30) as let_pass:
        assert seconds(let_pass) < 1


def test_waiting_ends_at_its_limit_in_all():
    courtesy = Courtesy()
    with courtesy.long(longest=0.3) as let_pass, courtesy.first():
        assert 0.25 < seconds(let_pass) < 5
        assert seconds(let_pass) < 0.25, "the limit is for all calls together"


def test_long_work_alone_has_all_cores_and_shares_them_with_other_long_work(monkeypatch):
    import torch

    monkeypatch.setattr("explorer.ui.server.courtesy.cores", lambda: 4)
    courtesy, found = Courtesy(), []

    def work():
        with courtesy.long() as let_pass:
            let_pass()
            found.append(torch.get_num_threads())
            with courtesy.long():
                let_pass()
                found.append(torch.get_num_threads())
            let_pass()
            found.append(torch.get_num_threads())

    thread = threading.Thread(target=work)  # the number is the thread's own
    thread.start()
    thread.join(30)
    assert found == [4, 2, 4]
