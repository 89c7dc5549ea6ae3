import { endures } from './_endures.ts';
import { closedPipe, unreadPipe } from './_outputs.ts';

endures('a pipe that nothing reads', unreadPipe);
endures('a pipe whose reader has ended', closedPipe);
