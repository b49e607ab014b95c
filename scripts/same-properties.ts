/** Set up before tests in Node: properties are tried on the same cases in every run, so that what fails once fails again. */
import fc from "fast-check";

fc.configureGlobal({ seed: 1337 });
