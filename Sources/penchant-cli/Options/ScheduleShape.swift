import ArgumentParser
import PenchantTuning

extension Schedule.Shape: ExpressibleByArgument {}
