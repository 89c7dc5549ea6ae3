// libuv has four threads, for disks and for `dns.lookup`. Eight queues can each lose one to a disk that hangs: two
// outputs, files that options name, an exported file, and in the state directory reads and writes of copies and of what
// clients wrote. So the process gets eight more, and buckets' names are still resolved. libuv reads the variable when it starts its
// threads, which is after this line.
process.env.UV_THREADPOOL_SIZE ??= '12';
