"""`python -m preflight`."""

from preflight.cli.main import command

if __name__ == "__main__":
    command()
