"""The market of a run and its mirror image, made once and then read from the run's folder."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from eval_tools.conditions.market import DataSource
from eval_tools.pipeline.record import Record
from futures_env import save_market
from futures_env.data.store import open_market
from futures_env.market.table import MarketData

MARKET, MIRRORED = "market.npz", "mirrored.npz"


@dataclass(frozen=True, kw_only=True)
class Markets:
    """What a run is about.

    Attributes:
        record: of the run.
        make: opens or makes the market, or its mirror image, and gives the report of the import,
            empty where nothing was imported; asked only where the run does not hold it yet.
        say: told that report.
    """

    record: Record
    make: Callable[[bool], tuple[MarketData, str]]
    say: Callable[[str], None]

    def opened(self, *, mirror: bool) -> MarketData:
        """The market; its mirror image is made as well where that is asked for.

        Raises:
            RunError: the file is not what the run wrote.
            ValueError: the bars cannot be used.
        """
        market = self._kept("market", MARKET, mirror=False)
        if mirror:
            self.mirrored()
        return market

    def mirrored(self) -> MarketData:
        """The same with its prices upside down; raises what ``opened`` does."""
        return self._kept("mirror", MIRRORED, mirror=True)

    def _kept(self, stage: str, name: str, *, mirror: bool) -> MarketData:
        file, done = self.record.folder / name, self.record.done(stage)
        if done is None:
            market, report = self.make(mirror)
            save_market(market, file)
            done = asdict(DataSource.of(market)) | {"import": report}
            self.record.finish(stage, done, file)
        else:
            market = open_market(file)
        if done["import"] and not mirror:
            self.say(done["import"])
        return market
