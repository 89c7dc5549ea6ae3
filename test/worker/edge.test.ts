import { addTests } from '../suite/index.ts';
import { openOnWorkerd } from './worker-edge.ts';

addTests({ name: 'workerd', open: openOnWorkerd });
