import os
from pathlib import Path

from odoo.tests import tagged

from workbay_contract import key_files, keys, succession
from workbay_contract.answers import read_answer
from workbay_contract.board import read_board
from workbay_contract.errors import SealError

from ..signing import VARIABLE
from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestSigning(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.path = Path(os.environ[VARIABLE])
        self.before = self.path.read_bytes()
        self.addCleanup(self._restore)

    def _restore(self):
        self.path.write_bytes(self.before)
        key_files.line_file(self.path).unlink(missing_ok=True)

    def _greet(self, key):
        devices = self.env["workshop.device"].with_user(self.bridge)
        reply = devices.hello([self.first.hello(key=keys.public_hex(key))])
        return [answer["message"] for answer in reply["answers"]]

    def test_a_bay_that_missed_rotations_is_led_to_the_newest_key(self):
        first = self.odoo_key
        second = key_files.rotate(self.path).public_key()
        third = key_files.rotate(self.path).public_key()
        *changes, welcome = self._greet(first)
        self.assertEqual(succession.follow(first, changes), [first, second, third])
        self.assertEqual(read_answer(third, welcome).kind, "welcome")
        with self.assertRaises(SealError):
            read_answer(first, welcome)
        self.assertEqual(len(self._greet(second)), 2)
        self.assertEqual(len(self._greet(third)), 1)

    def test_a_key_that_was_never_ours_is_led_nowhere(self):
        key_files.rotate(self.path)
        self.assertEqual(len(self._greet(self.first.key.public_key())), 1)

    def test_boards_are_signed_anew_with_the_new_key(self):
        former = self._board(self.first)
        following = key_files.rotate(self.path).public_key()
        self.env.cr.execute("UPDATE workshop_board SET looked_ms = 0")
        poll = self.env["workshop.board"].with_user(self.bridge).poll
        boards = {row["device"]: row["message"] for row in poll(list(range(64)), [])}
        board = read_board(following, boards[self.first.name])
        self.assertGreater(board.version, former.version)
