"""By what the results of a learner are kept: everything that can change them."""

from dataclasses import dataclass
from typing import Any

from evals.registry import learner_entry
from evals.running.equipment import Equipment
from evals.running.identity import (
    digest,
    settings_of,
    storing_program,
    teaching_program,
    this_program,
)
from evals.running.spec import LearnerSpec
from evals.running.worlds import World
from evals.runs import Cell
from evals.training.tuned import tuned_options

_SHORT = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one learner on one world."""

    maker: str
    """Of the learner, whatever it is told and asked."""
    store: str
    """Of what learners share: all that is told, cut and embedded in one way."""
    world: World

    @classmethod
    def of(
        cls, learner: LearnerSpec, world: World, equipment: Equipment, *, reading: str
    ) -> "Keys":
        """The keys of a learner on a world, read in a way."""
        settings = settings_of(equipment.config)
        name = [learner.text, dict(learner.options)]
        if learner.entry.is_taught:
            # It finds and reads nothing, so how that is done does not matter; the reader may have
            # paraphrased what is taught.
            chosen = tuned_options(learner.name, learner.options.get("model"))
            program = teaching_program(learner.entry.target)
            maker = digest(name, chosen, equipment.reader_id, world.seed, program)
        else:
            models = [equipment.embedder_id, equipment.reader_id if reading == "llm" else ""]
            taught = _taught_by(learner)
            maker = digest(name, reading, models, world.seed, settings, this_program(), *taught)
        return cls(
            maker=maker,
            store=digest(
                world.told[-1],
                equipment.embedder_id,
                settings["chunking"],
                settings["embedder"],
                storing_program(),
            )[:_SHORT],
            world=world,
        )

    @property
    def folder(self) -> str:
        """Of what the learner keeps for itself."""
        return digest(self.maker, self.world.told[-1])[:_SHORT]

    def cell(self, place: Cell) -> str:
        """Of a cell: also all that was told by then, and what is asked."""
        told, asked = self.world.told[place.row], self.world.asked[place.row]
        return digest("cell", self.maker, told, asked, place.row, place.wording)

    def observed(self, row: int) -> str:
        """Of what observing a period took."""
        return digest("observed", self.maker, self.world.told[row])


def _taught_by(learner: LearnerSpec) -> tuple[Any, ...]:
    """What the model that reads for a learner was taught by; nothing if none is taught."""
    entry, options = learner.entry, learner.options
    if not entry.reads_with:
        return ()
    strategy = options.get("strategy", entry.reads_with)
    targets = (entry.target, learner_entry(strategy).target)
    chosen = tuned_options(strategy, options.get("model"))
    return (chosen, *(teaching_program(target) for target in targets))
