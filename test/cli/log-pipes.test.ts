import { endures, recovers } from './endures.ts';
import { closedPipe, unreadPipe } from './outputs.ts';

endures('a pipe that nothing reads', unreadPipe);
endures('a pipe whose reader has ended', closedPipe);
recovers('when a pipe is read again', unreadPipe, /^what reads it is too slow$/);
