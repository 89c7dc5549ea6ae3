// Runs after `npm ci` in a checkout: says which Node the project's scripts use.
import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('node/package.json');
console.log(`npm start and npm test run on Node ${version}, which the project brings.`);
