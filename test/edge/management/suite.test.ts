import { openOnNode } from '../../helpers/node-edge.ts';
import { addKeepTests } from '../../suite/keep.ts';

addKeepTests({ name: 'node', open: openOnNode });
