/** Whoever signals a whole group of processes means the primary, which tells its workers. */
const LEFT_TO_PRIMARY: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'];
for (const signal of LEFT_TO_PRIMARY) process.on(signal, () => {});

// Only now: to load it takes a while, in which a signal would end this process.
const { runWorker } = await import('./worker.ts');
const { exitOnCrash } = await import('../output/standard.ts');
exitOnCrash();
runWorker();

export {};
