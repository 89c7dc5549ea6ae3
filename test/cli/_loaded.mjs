// Records what a process loads. Writes it to the file of LOADED_FILE at SIGUSR1 and again at each later one.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const loaded = [];
registerHooks({
  load: (url, context, next) => {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('SIGUSR1', () => {
  const own = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '));
  writeFileSync(process.env.LOADED_FILE, [...loaded, ...own].join('\n'));
});
