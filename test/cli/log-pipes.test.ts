import { endures } from './endures.ts';
import { closedPipe, unreadPipe } from './outputs.ts';

endures('a pipe that nothing reads', unreadPipe);
endures('a pipe whose reader has ended', closedPipe);
