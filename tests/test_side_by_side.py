"""Work side by side gives what work in turn gives, in the caller's modes."""

import threading

import pytest
import torch

from d2m_cli.side_by_side import even_parts, on_one_core, side_by_side, workers

CPU = torch.device("cpu")


def test_results_come_in_order_and_from_several_threads_in_the_callers_modes() -> None:
    meet = threading.Barrier(workers(CPU), timeout=20)

    def work(number: int) -> tuple[int, int, bool, int]:
        if number < workers(CPU):
            meet.wait()  # the first ones really run at one time
        mode = torch.is_inference_mode_enabled()
        return number, threading.get_ident(), mode, torch.get_num_threads()

    threads = torch.get_num_threads()
    with torch.inference_mode():
        done = list(side_by_side(work, range(9), CPU))
    assert [number for number, *_ in done] == list(range(9))
    assert len({thread for _, thread, *_ in done}) == workers(CPU)
    assert all(mode and count == 1 for *_, mode, count in done) or workers(CPU) == 1
    assert torch.get_num_threads() == threads


def test_an_error_of_the_work_comes_out() -> None:
    def work(number: int) -> int:
        return 1 // (number - 3)

    with pytest.raises(ZeroDivisionError):
        list(side_by_side(work, range(9), CPU))


def test_parts_keep_all_workers_at_work() -> None:
    for length in (1, 100, 6890, 41_000):
        part = even_parts(length, 4096, 256, CPU)
        assert part % 256 == 0
        assert part <= 4096
        rounds = -(-length // (part * workers(CPU)))
        assert rounds == -(-length // (4096 * workers(CPU)))


def test_one_core_is_given_back() -> None:
    before = torch.get_num_threads()
    with on_one_core(CPU):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
