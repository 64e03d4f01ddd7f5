"""The command line: parse a command, ask the desk, print. `main` turns errors into sentences."""

from daicho.cli import answers as answers
from daicho.cli import month as month
from daicho.cli import vendor as vendor
from daicho.cli import work as work
from daicho.cli.terminal import app as app
from daicho.cli.terminal import main as main
