// SPDX-License-Identifier: MIT
// An exception for the C tests: thrown below the generated code, caught above it.
extern "C" void throw_it();
extern "C" bool caught(void (*fn)(void *), void *arg);

void
throw_it()
{
    throw 42;
}

bool
caught(void (*fn)(void *), void *arg)
{
    try {
        fn(arg);
    } catch (int) {
        return true;
    }
    return false;
}
