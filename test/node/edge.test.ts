import { openOnNode } from '../helpers/node-edge.ts';
import { addTests } from '../suite/index.ts';

addTests({ name: 'node', open: openOnNode });
