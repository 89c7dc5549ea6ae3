import { endures } from './_endures.ts';
import { fullDevice, fullDisk, limitedFile, mayMount } from './_outputs.ts';

endures('a full device', fullDevice);
if (mayMount) endures('a disk that fills up', fullDisk);
else endures('a file at its size limit', limitedFile);
