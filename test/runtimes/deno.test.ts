import { addMiddlewareTests } from '../suite/middleware.ts';
import { openMiddlewareOn } from './middleware.ts';

addMiddlewareTests({ name: 'middleware', open: (options) => openMiddlewareOn('deno', options) }, 'Deno');
