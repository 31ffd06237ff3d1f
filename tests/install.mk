# install, uninstall: the command finds its libraries in ../lib/timtape beside its own directory.

bindir := $(DESTDIR)$(PREFIX)/bin
libdir := $(DESTDIR)$(PREFIX)/lib/timtape
incdir := $(DESTDIR)$(PREFIX)/include/timtape
mandir := $(DESTDIR)$(PREFIX)/share/man/man1
samples := $(DESTDIR)$(PREFIX)/share/timtape

install: all
	install -d $(bindir) $(libdir) $(incdir) $(mandir) $(samples)
	install -m 755 $(O)/timtape $(bindir)/timtape
	install -m 755 $(LIBDIR)/audit.so $(LIBDIR)/libImSDK.so $(LIBDIR)/preload.so $(LIBDIR)/standin.so $(libdir)
	install -d $(libdir)/replay
	ln -sfn ../standin.so $(libdir)/replay/libImSDK.so
	install -m 644 $(HEADER) $(incdir)/tim.h
	install -m 644 man/timtape.1 $(mandir)/timtape.1
	cp -R traces/samples corpus $(samples)/

uninstall:
	rm -f $(bindir)/timtape $(mandir)/timtape.1 $(incdir)/tim.h
	rm -rf $(libdir) $(samples)
	-rmdir $(incdir) 2>/dev/null
