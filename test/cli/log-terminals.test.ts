import { endures } from './_endures.ts';
import { closedTerminal, stoppedTerminal } from './_outputs.ts';

endures('a terminal that is closed', closedTerminal);
endures('a terminal that stands still', stoppedTerminal);
