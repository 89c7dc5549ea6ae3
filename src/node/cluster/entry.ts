// A signal to the whole process group is meant for the primary, which drains or replaces its worker processes itself.
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'];
for (const signal of SIGNALS) process.on(signal, () => {});

// Import after the listeners: loading the modules takes a while, and a signal in that time would end this process.
const { runWorker } = await import('./worker.ts');
const { exitOnCrash } = await import('../output/standard.ts');
exitOnCrash();
runWorker();

export {};
