import { endures } from './_endures.ts';
import { closedTerminal, stoppedTerminal } from './_outputs.ts';

endures('a closed terminal', closedTerminal);
endures('a stopped terminal', stoppedTerminal);
