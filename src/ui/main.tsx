/**
 * The page's entry. With `?headless` it draws nothing and offers the engine to the program that opened it; otherwise it is
 * the lab. The two share nothing, so a headless page loads no part of the lab.
 */
if (new URLSearchParams(location.search).has("headless")) void import("../../workers/headless.ts");
else void import("./start-lab.tsx").then(({ startLab }) => startLab());
