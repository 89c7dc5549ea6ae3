import { addTests } from '../suite/index.ts';
import { openOnWorkerd } from './_worker-edge.ts';

addTests({ name: 'workerd', open: openOnWorkerd });
